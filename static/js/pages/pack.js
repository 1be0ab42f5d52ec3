/** One pack: its form can be tried, nothing is kept. */

import {Registry} from '../actions/registry.js';
import {fieldsOf} from '../annotation/form/model.js';
import {FormView} from '../annotation/form/view.js';
import {replaceChildren} from '../lib/dom.js';
import {byId} from '../lib/page.js';
import {pageData} from '../societies/page.js';

const {schema, ui} = pageData();
const view = new FormView({fields: fieldsOf(schema, ui), registry: new Registry(), onChange: (filled) => view.show(filled, true)});
view.show({}, true);
replaceChildren(byId('form'), view.element);
document.body.classList.add('is-ready');
